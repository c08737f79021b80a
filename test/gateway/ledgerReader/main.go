// Reads a ledger with the packages that Go's checksum database is read with, golang.org/x/mod/sumdb/note and tlog, unmodified.
//
//	go run main.go LEDGER_URL VKEY [OLDER_CHECKPOINT_FILE]...
//
// Opens the checkpoint, computes its root from the entry bundles, proves from the tiles that entries are where they are (a thousand of
// them, or all), and that every older checkpoint is of the same history. What is ours here: the paths of c2sp.org/tlog-tiles, which are not quite Go's.
package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

// A ledger is where tlog reads tiles from, each once.
type ledger struct {
	url   string
	tiles map[string][]byte
}

func (l *ledger) Height() int { return tileHeight }

func (l *ledger) SaveTiles([]tlog.Tile, [][]byte) {}

func (l *ledger) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	all := make([][]byte, len(tiles))
	for i, tile := range tiles {
		path := c2spPath(tile)
		if l.tiles[path] == nil {
			l.tiles[path] = l.get(path)
		}
		all[i] = l.tiles[path]
	}
	return all, nil
}

func (l *ledger) get(path string) []byte {
	answer, err := http.Get(l.url + "/" + path)
	check(err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	check(err)
	if answer.StatusCode != http.StatusOK {
		log.Fatalf("%s: %s", path, answer.Status)
	}
	return body
}

// Go has the height in the path, and "data" for what C2SP calls "entries".
func c2spPath(tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight))
	return "tile/" + strings.Replace(path, "data/", "entries/", 1)
}

// tlog.ParseTree insists on the origin of Go's own database.
func openCheckpoint(text []byte, verifier note.Verifier) tlog.Tree {
	opened, err := note.Open(text, note.VerifierList(verifier))
	check(err)
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		log.Fatalf("not a checkpoint of %s: %q", verifier.Name(), opened.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	hash, err := tlog.ParseHash(lines[2])
	check(err)
	return tlog.Tree{N: size, Hash: hash}
}

func (l *ledger) entries(size int64) [][]byte {
	var entries [][]byte
	for first := int64(0); first < size; first += 1 << tileHeight {
		tile := tlog.Tile{H: tileHeight, L: -1, N: first >> tileHeight, W: 1 << tileHeight}
		if size-first < int64(tile.W) {
			tile.W = int(size - first)
		}
		for bundle := l.get(c2spPath(tile)); len(bundle) > 0; {
			end := 2 + int(binary.BigEndian.Uint16(bundle))
			entries = append(entries, bundle[2:end])
			bundle = bundle[end:]
		}
	}
	return entries
}

// The root as tlog computes it when it keeps a tree of its own.
func rootOf(entries [][]byte) tlog.Hash {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			hashes[i] = stored[index]
		}
		return hashes, nil
	})
	for i, entry := range entries {
		hashes, err := tlog.StoredHashes(int64(i), entry, reader)
		check(err)
		stored = append(stored, hashes...)
	}
	root, err := tlog.TreeHash(int64(len(entries)), reader)
	check(err)
	return root
}

func main() {
	log.SetFlags(0)
	l := &ledger{url: os.Args[1], tiles: map[string][]byte{}}
	verifier, err := note.NewVerifier(os.Args[2])
	check(err)
	tree := openCheckpoint(l.get("checkpoint"), verifier)

	entries := l.entries(tree.N)
	if int64(len(entries)) != tree.N || rootOf(entries) != tree.Hash {
		log.Fatal("the entries are not those of the checkpoint")
	}
	hashes := tlog.TileHashReader(tree, l)
	for i := int64(0); i < tree.N; i += 1 + tree.N/1000 {
		proof, err := tlog.ProveRecord(tree.N, i, hashes)
		check(err)
		check(tlog.CheckRecord(proof, tree.N, tree.Hash, i, tlog.RecordHash(entries[i])))
	}
	for _, path := range os.Args[3:] {
		text, err := os.ReadFile(path)
		check(err)
		older := openCheckpoint(text, verifier)
		proof, err := tlog.ProveTree(tree.N, older.N, hashes)
		check(err)
		check(tlog.CheckTree(proof, tree.N, tree.Hash, older.N, older.Hash))
	}
	fmt.Printf("%d entries, root %s, %d older checkpoints\n", tree.N, tree.Hash, len(os.Args)-3)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
