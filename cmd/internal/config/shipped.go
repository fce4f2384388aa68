package config

import (
	_ "embed"
	"strings"
)

// The config.yaml at the top of the repository is a copy of this one, so that it can be read there and written by init.
//
//go:generate cp shipped.yaml ../../../config.yaml

//go:embed shipped.yaml
var shipped string

// shippedHost is the hostname in the shipped file.
const shippedHost = "lists.gardeners.example"

// Shipped is the commented config.yaml that init writes: every setting with its default, and this hostname.
func Shipped(hostname string) []byte {
	return []byte(strings.Replace(shipped, "hostname: "+shippedHost, "hostname: "+hostname, 1))
}
