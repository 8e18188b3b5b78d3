"""The /auth/v1 endpoints, in the dialect of the client's auth library (GoTrue)."""
