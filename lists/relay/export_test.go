package relay

// OnCopies are the fields that the From decision foresees.
var OnCopies = onCopies
