"""`tocsin test rules` beside `promtool test rules`: the same verdict on every file."""
