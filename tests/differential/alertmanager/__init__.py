"""The same scenarios played to a real Alertmanager and to a running Tocsin beside it: what they tell and show."""
