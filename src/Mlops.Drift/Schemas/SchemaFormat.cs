namespace Mlops.Drift;

/// <summary>The columns of a schema inside a profile or a state.</summary>
internal static class SchemaFormat
{
    private const int SmallestColumn = sizeof(int) + 2 + 1;

    public static void Write(ref ByteWriter writer, DriftSchema schema)
    {
        writer.Write(schema.Columns.Count);
        foreach (DriftColumn column in schema.Columns)
        {
            writer.Write(column.Name);
            writer.Write((byte)column.Kind);
            writer.Write((byte)column.Role);
            writer.Write(column.EffectFloor.HasValue);
            if (column.EffectFloor is { } floor)
                writer.Write(floor);
        }
    }

    public static DriftSchema Read(ref ByteReader reader)
    {
        int count = reader.ReadCount(SmallestColumn);
        ColumnList columns = new();
        for (int i = 0; i < count; i++)
        {
            string name = reader.ReadText();
            ColumnKind kind = (ColumnKind)reader.ReadByte();
            ColumnRole role = (ColumnRole)reader.ReadByte();
            if (!Enum.IsDefined(kind) || !Enum.IsDefined(role))
                throw new DriftFormatException($"Column '{name}' is of an unknown kind.");
            columns.Add(name, kind, role, reader.ReadBoolean() ? reader.ReadDouble() : null);
        }

        return DriftSchema.Of(columns.ToArray());
    }
}
