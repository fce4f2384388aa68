package archive

// RawID names stored bytes. Other tables may point at raw (id); index the column that does, so that dropping stays cheap.
type RawID int64

// Seal says how bytes lie in the file.
type Seal bool

const (
	Open   Seal = false // readable for whoever has the file: what was published anyway
	Sealed Seal = true  // only with the key: live tokens, private words
)

// pieceLen is how many octets of the original one row holds: SQLite has no streaming, and a page of a mail need not cost all of it.
const pieceLen = 256 << 10

// pieces is how many rows hold so many octets.
func pieces(size int) int { return (size + pieceLen - 1) / pieceLen }
