package bounce

import (
	"strings"

	"backchannel/archive/letter"
)

// Subjects that mail programs write over an automatic answer, by language. A person's letter must not be swallowed, so the
// phrase must open the subject: "Re: Automatic reply" is a person's answer to a robot.
var (
	// certain phrases name an automatic answer; a colon, a dash, a bracket or the end must follow.
	certain = []string{
		// English
		"automatic reply", "auto reply", "auto-reply", "autoreply", "automated reply", "automatic response", "auto response", "auto-response",
		"autoresponse", "automated response", "auto responder", "autoresponder", "out of office autoreply", "out of office auto-reply",
		"out of office auto reply", "out of office reply", "vacation reply", "vacation response", "vacation autoreply",
		// German
		"automatische antwort", "automatische abwesenheitsnotiz", "abwesenheitsnotiz", "abwesenheitsmeldung", "abwesenheitsbenachrichtigung", "abwesenheitsassistent",
		// French
		"réponse automatique", "reponse automatique", "message automatique", "message d'absence", "réponse d'absence", "notification d'absence",
		// Spanish
		"respuesta automática", "respuesta automatica", "autorespuesta",
		// Portuguese
		"resposta automática", "resposta automatica",
		// Italian
		"risposta automatica", "messaggio automatico",
		// Dutch
		"automatisch antwoord", "automatische beantwoording", "afwezigheidsmelding", "afwezigheidsbericht",
		// Danish, Norwegian, Swedish
		"automatisk svar", "autosvar", "fraværsbesked", "fraværsmelding", "automatiskt svar", "frånvaromeddelande",
		// Finnish
		"automaattinen vastaus", "poissaoloviesti", "poissaoloilmoitus",
		// Polish
		"odpowiedź automatyczna", "automatyczna odpowiedź",
		// Czech, Slovak
		"automatická odpověď", "automatická odpoveď",
		// Hungarian
		"automatikus válasz",
		// Romanian
		"răspuns automat", "raspuns automat",
		// Croatian, Serbian, Slovenian
		"automatski odgovor", "samodejni odgovor",
		// Greek
		"αυτόματη απάντηση",
		// Turkish
		"otomatik yanıt", "otomatik cevap",
		// Russian, Ukrainian, Bulgarian
		"автоматический ответ", "автоответ", "автоматична відповідь", "автоматичен отговор",
		// Hebrew, Arabic
		"מענה אוטומטי", "תשובה אוטומטית", "رد تلقائي",
		// Japanese, Chinese, Korean
		"自動応答", "自動返信", "不在通知", "自动答复", "自动回复", "自動回覆", "自動答覆", "外出时的自动回复", "자동 회신", "자동 응답",
	}
	// likely phrases open a robot's subject far more often than a person's. They count only with a second sign: the letter
	// answers another one, though its subject has no "Re:", or came from <>.
	likely = []string{
		"out of office", "out of the office", "out-of-office", "ooo", "away from the office", "on vacation", "on holiday", "on leave", "away until", "away from my mail",
		"abwesend", "außer haus", "nicht im büro", "im urlaub", "absent", "en vacances", "absence", "ausente", "de vacaciones", "de férias", "in ferie", "assente",
		"afwezig", "met vakantie", "fraværende", "på ferie", "på semester", "lomalla", "urlop", "dovolená", "в отпуске", "離席", "休暇",
		"absence du bureau", "fuera de la oficina", "fuera de oficina", "ausente de la oficina", "fora do escritório", "fora do escritorio", "ausente do escritório", "ausência temporária", "fuori sede",
		"fuori ufficio", "assenza dall'ufficio", "niet aanwezig", "buiten kantoor", "ikke til stede", "inte på kontoret", "poissa toimistosta", "poza biurem", "nieobecność w biurze",
		"nejsem v kanceláři", "mimo kancelář", "mimo kancelárie", "házon kívül", "absent de la birou", "odsutan", "εκτός γραφείου", "ofis dışında", "ofis dışı",
		"нет на рабочем месте", "부재 중",
	}
)

// bySubject reads the subject as the last sign, after every header that says it better.
func bySubject(l *letter.Letter, nullSender bool) (Kind, string) {
	subject := strings.ToLower(strings.ReplaceAll(l.Subject(), "\u2019", "'"))
	subject = strings.TrimLeft(subject, "[(*【\"«„“ ")
	if opens(subject, certain) {
		return AutoReply, "its subject is that of an automatic reply"
	}
	if opens(subject, likely) && (nullSender || len(l.InReplyTo()) > 0 || len(l.References()) > 0) {
		return AutoReply, "its subject says that somebody is away"
	}
	return Person, ""
}

// opens tells whether one of the phrases stands at the head of the subject and is not part of a longer sentence.
func opens(subject string, phrases []string) bool {
	for _, p := range phrases {
		rest, ok := strings.CutPrefix(subject, p)
		if !ok {
			continue
		}
		rest = strings.TrimLeft(rest, " \u00a0")
		if rest == "" || strings.IndexAny(rest, ":-–—)]】：\"(!|»“”") == 0 {
			return true
		}
	}
	return false
}
