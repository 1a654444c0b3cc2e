"""Pages in front of the hospitals (signing in, registering, joining, choosing) and the page about oneself."""
