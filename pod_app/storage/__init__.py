"""All input and output: database, blobs, keys, sandbox, and the one door to the network."""
