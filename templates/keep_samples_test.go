package templates

import "time"

// keepSamples are the mails about what is kept, and for how long (product.md B14).
func keepSamples() []sample {
	return []sample{
		{"audit_log", AuditLog{bc, []AuditLine{{friday, "Mira", "exclude", "K7QX", "Theo"}, {friday.Add(time.Hour), "the program", "erase", "", ""}}}},
		{"audit_log-bare", AuditLog{Community: bc}},
		{"audit_head", AuditHead{bc, 12, friday, "9f2c6d1fa5b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d"}},
		{"forgotten", Forgotten{bc, 3, true, "managers@cmtybc.example"}},
		{"forgotten-bare", Forgotten{Community: bc, Managers: "managers@cmtybc.example"}},
		{"own_ask", OwnAsk{bc, "FORGET", 14}},
		{"own_ask-export", OwnAsk{bc, "EXPORT", 14}},
		{"own_ask-read", OwnAsk{bc, "WHO READ", 14}},
		{"letters_erased", LettersErased{bc, "Dana Reyes", []string{"K7QX", "R4WD"}}},
		{"letters_erased-one", LettersErased{bc, "Dana Reyes", []string{"K7QX"}}},
		{"who_read", WhoRead{bc, []ReadLetter{{"K7QX", "Sponsors", friday, []Opened{{"Mira", friday}, {"Jonas", friday}}, []string{"Theo"}, true, false}, {Code: "R4WD", Written: friday, Ombuds: true}}, 2}},
		{"who_read-bare", WhoRead{Community: bc}},
		{"own_data", OwnData{bc, 14, 3, 1, 1}},
		{"own_data-parts", OwnData{bc, 1, 1, 2, 3}},
		{"export_end", ExportEnd{Community: bc, Address: "dana@north.example"}},
		{"export_end-soon", ExportEnd{bc, "dana@north.example", true}},
	}
}
