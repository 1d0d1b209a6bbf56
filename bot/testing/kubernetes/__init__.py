"""A simulated Kubernetes API server, for tests: `python -m bot.testing.kubernetes --folder DIR`.

It answers the official clients and kubectl as a real server does in what Tocsin's actions use, and it refuses what a
real one refuses; its controllers, scheduler and kubelets are small and do what theirs do, so that a fault is real and
so is its end. Its README lists what it answers, what it leaves out, and what it assumes.
"""
