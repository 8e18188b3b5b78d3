from fashionos.process import return_large_blocks

# Before anything else is imported: that already takes and frees large blocks.
return_large_blocks()
