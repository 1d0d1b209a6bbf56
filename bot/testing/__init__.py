"""Public fakes, and the contract suites that hold them and the real adapters to the same promises.

For our tests and for those of integrations written elsewhere; nothing that runs imports it.
"""
