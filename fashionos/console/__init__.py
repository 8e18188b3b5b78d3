"""The page for people at `/`: what its scripts (`static/console/`) are told before they speak to the API."""
