"""Devices 设备 and machines: what may ask without being a person.

A device is a tablet that an organisation shares, at a counter or at an event's door: paired once by
a QR code, it may do only what its post needs, and people sign in on it by card or by a short PIN.
A machine is another program with a token: it reads what its scopes name, until it expires. Of both
only digests of tokens are stored.
"""
