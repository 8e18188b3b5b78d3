"""What crosses the wire: a module for each family of analyses."""
