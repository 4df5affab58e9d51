package report

import (
	"fmt"
	"io"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// WriteParquet writes rows as a Parquet file. The fields of T say what its columns
// are, in the tags of parquet-go.
func WriteParquet[T any](w io.Writer, rows []T) error {
	out := parquet.NewGenericWriter[T](w, parquet.Compression(&zstd.Codec{}))
	if _, err := out.Write(rows); err != nil {
		return err
	}
	return out.Close()
}

// parquetTable writes a table whose columns get their types from the first row.
// Parquet orders them by name.
type parquetTable struct {
	w       io.Writer
	columns []string
	out     *parquet.GenericWriter[any]
}

func (t *parquetTable) Row(cells ...any) error {
	if t.out == nil {
		t.out = parquet.NewGenericWriter[any](t.w, t.schema(cells), parquet.Compression(&zstd.Codec{}))
	}
	row := map[string]any{}
	for i, c := range cells {
		switch c := c.(type) {
		case int64, float64:
			row[t.columns[i]] = c
		case time.Time:
			if !c.IsZero() {
				row[t.columns[i]] = c.UnixMicro()
			}
		default:
			row[t.columns[i]] = text(c)
		}
	}
	_, err := t.out.Write([]any{row})
	return err
}

func (t *parquetTable) schema(cells []any) *parquet.Schema {
	group := parquet.Group{}
	for i, name := range t.columns {
		var node parquet.Node = parquet.String()
		if i < len(cells) {
			switch cells[i].(type) {
			case int64:
				node = parquet.Int(64)
			case float64:
				node = parquet.Leaf(parquet.DoubleType)
			case time.Time:
				node = parquet.Optional(parquet.Timestamp(parquet.Microsecond))
			}
		}
		group[name] = node
	}
	return parquet.NewSchema("rows", group)
}

func (t *parquetTable) Close() error {
	if t.out == nil { // a table without rows has columns of text
		t.out = parquet.NewGenericWriter[any](t.w, t.schema(nil))
	}
	if err := t.out.Close(); err != nil {
		return fmt.Errorf("parquet: %w", err)
	}
	return nil
}
