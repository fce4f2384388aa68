package templates

import "time"

// keepSamples are the mails about what is kept, and for how long (product.md B14).
func keepSamples() []sample {
	return []sample{
		{"audit_log", AuditLog{bc, []AuditLine{{friday, "Mira", "exclude", "K7QX", "Theo"}, {friday.Add(time.Hour), "the program", "erase", "", ""}}}},
		{"audit_log-bare", AuditLog{Community: bc}},
		{"audit_head", AuditHead{bc, 12, friday, "9f2c6d1fa5b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d"}},
	}
}
