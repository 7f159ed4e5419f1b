// Reads a log of ours with the packages of the Go checksum database, which know nothing of us.
//
//	main KEY NOTE OLD_NOTE FOLDER INDEX LEAF
//
// opens both checkpoints with KEY, reads the tiles in FOLDER against the newer one, and proves that
// the entry whose text is LEAF is at INDEX, and that the newer log extends the older. What does not
// hold ends the program with a word for the step, and why.
package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// refuse ends the program, unless err is nil.
func refuse(step string, err error) {
	if err != nil {
		fmt.Printf("refused: %s: %v\n", step, err)
		os.Exit(1)
	}
}

// open checks the signature of a checkpoint and reads its three lines.
func open(file string, key note.Verifier) tlog.Tree {
	bytes, err := os.ReadFile(file)
	refuse("file", err)
	opened, err := note.Open(bytes, note.VerifierList(key))
	refuse("note", err)
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != key.Name() || lines[3] != "" {
		refuse("text", fmt.Errorf("not a checkpoint of %s", key.Name()))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	refuse("size", err)
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	refuse("root", err)
	var tree tlog.Tree
	tree.N = size
	if copy(tree.Hash[:], root) != tlog.HashSize || len(root) != tlog.HashSize {
		refuse("root", fmt.Errorf("%d bytes", len(root)))
	}
	return tree
}

// folder is where the tiles lie, under the paths of C2SP tlog-tiles: those without the height.
type folder string

func (dir folder) Height() int { return 8 }

func (dir folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		bytes, err := os.ReadFile(filepath.Join(string(dir), path))
		if err != nil {
			return nil, err
		}
		all = append(all, bytes)
	}
	return all, nil
}

func (dir folder) SaveTiles(tiles []tlog.Tile, data [][]byte) {}

func main() {
	if len(os.Args) != 7 {
		refuse("arguments", fmt.Errorf("KEY NOTE OLD_NOTE FOLDER INDEX LEAF"))
	}
	key, err := note.NewVerifier(os.Args[1])
	refuse("key", err)
	tree, old := open(os.Args[2], key), open(os.Args[3], key)
	index, err := strconv.ParseInt(os.Args[5], 10, 64)
	refuse("index", err)
	leaf := tlog.RecordHash([]byte(os.Args[6]))

	hashes := tlog.TileHashReader(tree, folder(os.Args[4]))
	record, err := tlog.ProveRecord(tree.N, index, hashes)
	refuse("tiles", err)
	refuse("inclusion", tlog.CheckRecord(record, tree.N, tree.Hash, index, leaf))
	growth, err := tlog.ProveTree(tree.N, old.N, hashes)
	refuse("tiles", err)
	refuse("consistency", tlog.CheckTree(growth, tree.N, tree.Hash, old.N, old.Hash))
	fmt.Printf("good: %d of %d, which extends %d\n", index, tree.N, old.N)
}
