"""The simulated Kubernetes API server, driven by the official client and by kubectl, with nothing of ours between."""
