package desk

func (p *Pages) settings() {}
