package templates

func anonSamples() []sample {
	const burnt = Said("I moderate alone since March and I am close to quitting. Does anyone else feel that?")
	return []sample{
		{"anon_preview", AnonPreview{Community: bc, Name: "Grey Heron", Subject: "Burnt out", Text: burnt, Signature: 3, Addresses: true, Held: []string{"Northgate-rota.xlsx"}, Files: []string{"old.doc (old Office files may hold programs)"}, Members: 212, Days: 14, Ombuds: "ombuds@cmtybc.example"}},
		{"anon_preview-bare", AnonPreview{Community: bc, Name: "Grey Heron", Members: 8, Days: 14}},
		{"anon_preview-shows", AnonPreview{Community: bc, Name: "Grey Heron", Text: "At Northgate I, Dana, moderate alone.", Others: true, Copies: 1, Shows: []string{`"Dana" in line 1: your name`, `"Northgate" in line 1: your employer's name, from your address`},
			Forwarded: true, Unsure: true, Members: 212, Without: []string{"Theo"}, Days: 14}},
		{"anon_preview-all", AnonPreview{Community: bc, Name: "Grey Heron", Text: "Mira and Theo never answer.", Members: 212, Without: []string{"Mira", "Theo"}, All: true, Days: 14, First: "Yes, but"}},
		{"anon_preview-several", AnonPreview{Community: bc, Name: "Grey Heron", Text: "Mira and Theo never answer.", Members: 212, Without: []string{"Mira", "Theo"}, Days: 14}},
		{"anon_preview-again", AnonPreview{Community: bc, Name: "Grey Heron", Text: "Yes, Dana here again.", Shows: []string{`"Dana" in line 1: your name`}, Members: 212, Days: 14, Again: true}},
		{"anon_preview-with", AnonPreview{Community: bc, Name: "Grey Heron", Text: burnt, With: []string{"file-1.xlsx (its author's name may stand inside)"}, Members: 212, Days: 14}},
		{"anon_preview-again-file", AnonPreview{Community: bc, Name: "Grey Heron", Text: "More of it.", Held: []string{"rota.xlsx"}, Members: 212, Days: 14, Again: true}},
		{"anon_end-sent", AnonEnd{Community: bc, Outcome: AnonSent, Anon: "anon@cmtybc.example", Managers: "managers@cmtybc.example"}},
		{"anon_end-dropped", AnonEnd{Community: bc, Outcome: AnonDropped, Anon: "anon@cmtybc.example", Managers: "managers@cmtybc.example"}},
		{"anon_end-expired", AnonEnd{Community: bc, Outcome: AnonExpired, Days: 14, Anon: "anon@cmtybc.example", Managers: "managers@cmtybc.example"}},
		{"anon_end-decided", AnonEnd{Community: bc, Outcome: AnonDecided, Anon: "anon@cmtybc.example", Managers: "managers@cmtybc.example"}},
		{"anon_end-forgotten", AnonEnd{Community: bc, Outcome: AnonForgotten, Anon: "anon@cmtybc.example", Managers: "managers@cmtybc.example"}},
		{"anon_end-export", AnonEnd{Community: bc, Outcome: AnonExport, Anon: "anon@cmtybc.example", Managers: "managers@cmtybc.example"}},
		{"unseal_ask", UnsealAsk{Code: "R4WD", Member: "Grey Heron", Reason: "There is a threat against a member.", Days: 7, Ombuds: true}},
		{"unseal_ask-second", UnsealAsk{Code: "R4WD", Member: "Grey Heron", Reason: "There is a threat against a member.", By: "Mira", Days: 7}},
		{"anon_end-all", AnonEnd{Community: bc, Outcome: AnonAll, Anon: "anon@cmtybc.example", Managers: "managers@cmtybc.example"}},
		{"unseal_ask-folder", UnsealAsk{Code: "R4WD", Member: "R4WD", Folder: "Back-channel/Reports", By: "Mira", Days: 7, Ombuds: true}},
		{"unseal_done", UnsealDone{Community: bc, Code: "R4WD", Voice: "Grey Heron", By: []string{"Mira", "Theo"}, Reason: "There is a threat against a member.", Ombuds: "ombuds@cmtybc.example", You: true}},
		{"unseal_done-ombuds", UnsealDone{Community: bc, Code: "R4WD", Voice: "Grey Heron", By: []string{"Mira", "Theo"}, Reason: "There is a threat against a member.", Ombuds: "ombuds@cmtybc.example"}},
		{"unseal_wish", UnsealWish{Community: bc, Code: "R4WD", Voice: "Grey Heron", By: "Mira", Reason: "There is a threat against a member.", Days: 30}},
		{"unseal_done-later", UnsealDone{Community: bc, Code: "R4WD", Voice: "Grey Heron", By: []string{"Mira", "Theo"}, Reason: "There is a threat against a member.", Ombuds: "ombuds@cmtybc.example", Later: friday}},
		{"unseal_done-name-later", UnsealDone{Community: bc, Code: "R4WD", Voice: "Grey Heron", By: []string{"Mira", "Theo"}, Reason: "There is a threat against a member.", Ombuds: "ombuds@cmtybc.example", Name: "Dana Reyes", Address: "dana.reyes@northgate.example", Later: friday}},
		{"unseal_done-was", UnsealDone{Community: bc, Code: "R4WD", Voice: "Grey Heron", By: []string{"Mira", "Theo"}, Reason: "There is a threat against a member.", Ombuds: "ombuds@cmtybc.example", Was: friday, You: true}},
		{"unseal_done-stuck", UnsealDone{Community: bc, Code: "R4WD", Voice: "R4WD", By: []string{"Mira", "Theo"}, Reason: "There is a threat against a member.", Ombuds: "ombuds@cmtybc.example", Was: friday, Stuck: true, You: true}},
		{"unseal_done-bare", UnsealDone{Community: bc, Code: "R4WD", Voice: "Grey Heron", By: []string{"Mira", "Theo"}, Reason: "There is a threat against a member.", You: true}},
		{"unseal_done-name", UnsealDone{Community: bc, Code: "R4WD", Voice: "Grey Heron", By: []string{"Mira", "Theo"}, Reason: "There is a threat against a member.", Ombuds: "ombuds@cmtybc.example", Name: "Dana Reyes", Address: "dana.reyes@northgate.example"}},
	}
}
