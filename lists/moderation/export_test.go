package moderation

// What tests of behaviour need to see of the inside.
var (
	QuotesPrivate = quotesPrivate
)
