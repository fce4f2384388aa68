package templates

import (
	"cmp"
	"regexp"
	"strings"
)

// ground is why a post waits, or why it reads like an offer, as the rules say it in English, and what that is in the other languages. In these
// {1} stands for what was found.
type ground struct {
	english *regexp.Regexp
	in      map[Language]string
}

func groundLike(english, german, french, spanish, japanese string) ground {
	return ground{regexp.MustCompile("^" + english + "$"), map[Language]string{German: german, French: french, Spanish: spanish, Japanese: japanese}}
}

// grounds are all of them. A test of the rules looks that none is missing.
var grounds = []ground{
	groundLike("it has the file (.+)", "darin ist die Datei {1}", "il contient le fichier {1}", "lleva el archivo {1}", "ファイル {1} が付いています"),
	groundLike("every post of the list is read by a manager first", "hier liest jemand aus dem Team jeden Beitrag, bevor er hinausgeht", "ici, l’équipe lit chaque message avant qu’il parte",
		"aquí alguien del equipo lee cada mensaje antes de que salga", "このリストでは、どの投稿も先に運営メンバーが読みます"),
	groundLike("it is addressed to more than 1 address", "er ist an mehr als eine Adresse gerichtet", "il est adressé à plus d’une adresse", "va dirigido a más de una dirección", "宛先が2つ以上あります"),
	groundLike(`it is addressed to more than (\d+) addresses`, "er ist an mehr als {1} Adressen gerichtet", "il est adressé à plus de {1} adresses", "va dirigido a más de {1} direcciones", "宛先が{1}件を超えています"),
	groundLike("it has more than 1 link", "darin ist mehr als ein Link", "il contient plus d’un lien", "lleva más de un enlace", "リンクが2つ以上あります"),
	groundLike(`it has more than (\d+) links`, "darin sind mehr als {1} Links", "il contient plus de {1} liens", "lleva más de {1} enlaces", "リンクが{1}個を超えています"),
	groundLike(`it is longer than (\d+) characters?`, "er ist länger als {1} Zeichen", "il compte plus de {1} caractères", "tiene más de {1} caracteres", "{1}文字を超えています"),
	groundLike("a rule of the list looks for something in its sender", "sie achtet auf den Absender", "elle regarde l’expéditeur", "se fija en el remitente", "差出人が対象になっています"),
	groundLike("a rule of the list looks for something in its subject", "sie achtet auf Wörter im Betreff", "elle regarde les mots de l’objet", "se fija en las palabras del asunto", "件名の言葉が対象になっています"),
	groundLike("a rule of the list looks for something in its text", "sie achtet auf Wörter im Text", "elle regarde les mots du texte", "se fija en las palabras del texto", "本文の言葉が対象になっています"),
	groundLike("a rule of the list looks for something in its attachment", "sie achtet auf Dateien im Anhang", "elle regarde les pièces jointes", "se fija en los archivos adjuntos", "添付ファイルが対象になっています"),
	groundLike("a rule of the list looks for something in its header", "sie achtet auf die Kopfzeilen", "elle regarde l’en-tête", "se fija en la cabecera", "ヘッダーが対象になっています"),
	groundLike("it reads like an offer, and its author says that it is none", "er liest sich wie ein Angebot, und du sagst, dass es keins ist", "il se lit comme une offre, et vous dites que ce n’en est pas une",
		"se lee como una oferta, y tú dices que no lo es", "宣伝のように読めますが、宣伝ではないとのことです"),
	groundLike(`it says "(.+)"`, "darin steht „{1}“", "on y lit « {1} »", "dice «{1}»", "「{1}」と書かれています"),
	groundLike("it has a link that counts who comes from here", "darin ist ein Link, der zählt, wer von hier kommt", "il contient un lien qui compte qui vient d’ici", "lleva un enlace que cuenta quién viene de aquí", "ここから来た人を数えるリンクがあります"),
	groundLike("it links to (.+), where its author writes from", "darin ist ein Link zu {1}, und von dort schreibst du", "il renvoie à {1}, d’où vous écrivez", "enlaza a {1}, desde donde escribes", "あなたのメールアドレスと同じ {1} へのリンクがあります"),
	groundLike("its author has posted the same link within the last month", "denselben Link hast du im letzten Monat schon einmal geschickt", "vous avez déjà envoyé ce lien au cours du dernier mois", "ya enviaste este mismo enlace en el último mes",
		"同じリンクを、この1か月のあいだにも投稿しています"),
}

// causes are those grounds that speak of the author, for others than the author.
var causes = []ground{
	groundLike("it reads like an offer, and its author says that it is none", "er liest sich wie ein Angebot, und wer ihn schrieb, sagt, dass es keins ist", "il se lit comme une offre, et la personne qui l’a écrit dit que ce n’en est pas une",
		"se lee como una oferta, y quien lo escribió dice que no lo es", "宣伝のように読めますが、投稿者は宣伝ではないと言っています"),
	groundLike("it links to (.+), where its author writes from", "darin ist ein Link zu {1}, und von dort wurde er auch geschickt", "il renvoie à {1}, d’où il a aussi été envoyé", "enlaza a {1}, desde donde también se envió",
		"投稿者のメールアドレスと同じ {1} へのリンクがあります"),
	groundLike("its author has posted the same link within the last month", "denselben Link hat dieselbe Person im letzten Monat schon einmal geschickt", "la même personne a déjà envoyé ce lien au cours du dernier mois",
		"la misma persona ya envió este mismo enlace en el último mes", "投稿者は同じリンクを、この1か月のあいだにも投稿しています"),
}

// causeOf is such a ground in a language, for others than the post's author.
func causeOf(l Language, english string) string {
	if words := groundIn(causes, l, english); words != "" {
		return words
	}
	return groundOf(l, english)
}

// groundOf is such a ground in a language; as it stands where nobody knows it.
func groundOf(l Language, english string) string {
	return cmp.Or(groundIn(grounds, l, english), english)
}

// groundIn looks for a ground in a language; "" when it is none of these.
func groundIn(all []ground, l Language, english string) string {
	for _, g := range all {
		found := g.english.FindStringSubmatch(english)
		if found == nil || g.in[l] == "" {
			continue
		}
		words := g.in[l]
		if len(found) > 1 {
			words = strings.ReplaceAll(words, "{1}", found[1])
		}
		return words
	}
	return ""
}
