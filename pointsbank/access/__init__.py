"""Who may enter and what each may do: users, passwords, sessions, roles held for an organisation.

A role reaches the organisation that it is held for and all below it. Nobody is administrator and
auditor at once. Only digests of tokens and hashes of passwords are stored; reading never writes, so
idleness is the session cookie's affair.
"""
