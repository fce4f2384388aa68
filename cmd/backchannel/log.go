package main

import (
	"io"
	"log/slog"

	"backchannel/cmd/internal/config"
)

// serverLog is the log of a running server, as config.yaml wants it. At info and above it names letters by story and copies by
// number: no subjects, no addresses (P15).
func serverLog(w io.Writer, cfg config.Log) *slog.Logger { return newLog(w, cfg, slog.LevelDebug) }

// quietLog is the log of a single verb: only what an operator should hear.
func quietLog(w io.Writer, cfg config.Log) *slog.Logger { return newLog(w, cfg, slog.LevelWarn) }

func newLog(w io.Writer, cfg config.Log, least slog.Level) *slog.Logger {
	level := slog.LevelInfo
	if err := level.UnmarshalText([]byte(cfg.Level)); err != nil {
		level = slog.LevelInfo // config takes only levels that there are
	}
	o := &slog.HandlerOptions{Level: max(level, least)}
	if cfg.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
