"""What `tocsin backtest` is made of: asking the sources, and telling what came of it in text, JSON and a picture."""
