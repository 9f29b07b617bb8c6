"""Who may enter and what each may do: users, passwords, sessions, roles held for an organisation.

A role reaches the organisation that it is held for and all below it. Nobody is administrator and
auditor at once. Only digests of tokens and hashes of passwords are stored. Idleness is the session
cookie's affair; of a token that comes without its cookie it is noted, once a minute, that it came.
An identity provider may say who somebody is: the account is one that exists, its roles are ours.
"""
