"""Tests of the Ansible integration."""
