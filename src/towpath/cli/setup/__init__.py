"""`towpath setup`: writes Towpath's address into a client's own configuration, and takes it out again."""
