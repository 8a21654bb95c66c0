namespace Mlops.Drift;

/// <summary>The columns of a schema inside a profile or a state.</summary>
internal static class SchemaFormat
{
    private const int SmallestColumn = sizeof(int) + 2 + 1;

    // The unit of a column's floor.
    private const byte NoFloor = 0;
    private const byte OfTest = 1;
    private const byte OfColumn = 2;

    public static void Write(ref ByteWriter writer, DriftSchema schema)
    {
        writer.Write(schema.Columns.Count);
        foreach (DriftColumn column in schema.Columns)
        {
            writer.Write(column.Name);
            writer.Write((byte)column.Kind);
            writer.Write((byte)column.Role);
            writer.Write(column.EffectFloor.HasValue ? OfTest : column.SmallestShift.HasValue ? OfColumn : NoFloor);
            if ((column.EffectFloor ?? column.SmallestShift) is { } floor)
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
            byte unit = reader.ReadByte();
            double? floor = unit == NoFloor ? null : reader.ReadDouble();
            if (unit > OfColumn)
                throw new DriftFormatException($"The floor of column '{name}' is of an unknown unit.");
            columns.Add(name, kind, role, unit == OfTest ? floor : null, unit == OfColumn ? floor : null);
        }

        return DriftSchema.Of(columns.ToArray());
    }
}
