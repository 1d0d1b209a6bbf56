"""The demo: its shop is a real shop, its story happens, and a stage that does not happen is named."""
