"""Points Bank 积分银行: the ledger behind a community's volunteer work."""
