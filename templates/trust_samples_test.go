package templates

func trustSamples() []sample {
	return []sample{
		{"held_end-free", HeldEnd{Community: bc, Outcome: Posted, Subject: "Beans", List: "Garden talk", Free: AllAtOnce}},
		{"held_end-plain", HeldEnd{Community: bc, Outcome: Posted, Subject: "Beans", List: "Garden talk", Free: PlainAtOnce}},
		{"trust_step-heard", TrustStep{Community: bc, To: TrustHeard, Managers: "managers@cmtybc.example"}},
		{"trust_step", TrustStep{bc, TrustKnown, false, "managers@cmtybc.example"}},
		{"trust_step-steady", TrustStep{Community: bc, To: TrustSteady, Managers: "managers@cmtybc.example"}},
		{"trust_step-down", TrustStep{bc, TrustHeard, true, "managers@cmtybc.example"}},
		{"trust_step-known", TrustStep{bc, TrustKnown, true, "managers@cmtybc.example"}},
		{"trust_step-bare", TrustStep{Community: bc, Down: true, Managers: "managers@cmtybc.example"}},
		{"sales_note", SalesNote{bc, "Garden talk", "Great offer", "Tell us rather how you make them.", true, 60, "managers@cmtybc.example"}},
		{"sales_note-bare", SalesNote{Community: bc, List: "Garden talk", Days: 60, Managers: "managers@cmtybc.example"}},
		{"ease", Ease{bc, "Garden talk", 50, 1, true, HoldRooted}},
		{"ease-none", Ease{Community: bc, List: "Garden talk", Held: 48, Relax: true, Becomes: HoldGrowing}},
		{"ease-tighten", Ease{bc, "Garden talk", 50, 12, false, HoldFounding}},
		{"ease_end", EaseEnd{bc, "Garden talk", "RELAX", true, false, "", false, HoldRooted}},
		{"ease_end-late", EaseEnd{bc, "Garden talk", "RELAX", false, true, "Theo", false, HoldRooted}},
		{"ease_end-unclear", EaseEnd{Community: bc, List: "Garden talk", Word: "TIGHTEN", Unclear: true, Becomes: HoldGrowing}},
		{"ease_end-bare", EaseEnd{Community: bc, List: "Garden talk", Word: "TIGHTEN", Becomes: HoldGrowing}},
		{"confirm_help-relax", ConfirmHelp{Community: bc, Question: AskRelax}},
		{"confirm_help-tighten", ConfirmHelp{Community: bc, Question: AskTighten}},
	}
}
