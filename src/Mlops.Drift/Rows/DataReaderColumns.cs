using System.Data.Common;
using System.Globalization;

namespace Mlops.Drift;

/// <summary>Reads rows of a database: finds a schema's columns by name and refuses what does not fit before the first row.</summary>
internal static class DataReaderColumns
{
    /// <summary>The schema as one that reads its columns from <paramref name="reader"/>.</summary>
    /// <exception cref="ArgumentException">A column is missing, ambiguous or of a type that cannot be read as what the schema says, or the reader has one that the schema does not know.</exception>
    public static DriftSchema<DbDataReader> Bind(DriftSchema schema, DbDataReader reader)
    {
        Dictionary<int, string> unused = [];
        for (int i = 0; i < reader.FieldCount; i++)
            unused.Add(i, reader.GetName(i));
        Func<DbDataReader, double>[] numbers = [.. schema.NumericColumns.ToArray().Select(c => NumberAt(c.Name, Take(c.Name)))];
        Func<DbDataReader, string?>[] texts = [.. schema.CategoricalColumns.ToArray().Select(c => TextAt(Take(c.Name)))];
        RowNames names = schema.RowNames;
        Func<DbDataReader, PredictionKey>? id = names.Id is { } key ? KeyAt(Take(key)) : null;
        Func<DbDataReader, double>? label = names.Label is { } actual ? NumberAt(actual, Take(actual)) : null;
        Func<DbDataReader, long>? time = names.Timestamp is { } at ? TimeAt(at, Take(at)) : null;
        Func<DbDataReader, string?>? version = names.ModelVersion is { } served ? TextAt(Take(served)) : null;
        if (unused.Count > 0)
        {
            throw new ArgumentException(
                $"The reader has columns that the schema does not know: {string.Join(", ", unused.Values)}. Select only those of the schema, or declare them.", nameof(reader));
        }

        return new DriftSchema<DbDataReader>(schema.Columns, numbers, texts, id, label, time, version);

        int Take(string name)
        {
            int[] found = [.. unused.Where(column => column.Value == name).Select(static column => column.Key)];
            if (found.Length == 0)
                found = [.. unused.Where(column => string.Equals(column.Value, name, StringComparison.OrdinalIgnoreCase)).Select(static column => column.Key)];
            if (found.Length != 1)
            {
                string has = string.Join(", ", Enumerable.Range(0, reader.FieldCount).Select(reader.GetName));
                throw new ArgumentException($"The reader has {(found.Length == 0 ? "no" : "more than one")} column '{name}'; it has {has}.", nameof(reader));
            }

            unused.Remove(found[0]);
            return found[0];
        }
    }

    private static Func<DbDataReader, double> NumberAt(string name, int ordinal) => reader =>
    {
        if (reader.IsDBNull(ordinal))
            return DriftSchema.Missing;

        // Asked per row: SQLite's values have types of their own.
        return Type.GetTypeCode(reader.GetFieldType(ordinal)) switch
        {
            TypeCode.Double => reader.GetDouble(ordinal),
            TypeCode.Single => reader.GetFloat(ordinal),
            TypeCode.Int64 => reader.GetInt64(ordinal),
            TypeCode.Int32 => reader.GetInt32(ordinal),
            TypeCode.Int16 => reader.GetInt16(ordinal),
            TypeCode.Byte => reader.GetByte(ordinal),
            TypeCode.Decimal => (double)reader.GetDecimal(ordinal),
            TypeCode.Boolean => reader.GetBoolean(ordinal) ? 1 : 0,
            TypeCode.SByte or TypeCode.UInt16 or TypeCode.UInt32 or TypeCode.UInt64 => Convert.ToDouble(reader.GetValue(ordinal), CultureInfo.InvariantCulture),
            _ => throw Unreadable(reader, name, ordinal, "a number"),
        };
    };

    private static Func<DbDataReader, string?> TextAt(int ordinal) => reader => reader.IsDBNull(ordinal)
        ? null
        : Type.GetTypeCode(reader.GetFieldType(ordinal)) switch
        {
            TypeCode.String => reader.GetString(ordinal),
            TypeCode.Int64 => NumberText.Of(reader.GetInt64(ordinal)),
            TypeCode.Int32 => NumberText.Of(reader.GetInt32(ordinal)),
            TypeCode.Boolean => reader.GetBoolean(ordinal) ? "true" : "false",
            _ => Convert.ToString(reader.GetValue(ordinal), CultureInfo.InvariantCulture),
        };

    private static Func<DbDataReader, PredictionKey> KeyAt(int ordinal) => reader => reader.IsDBNull(ordinal)
        ? PredictionKey.None
        : reader.GetValue(ordinal) switch
        {
            Guid id => PredictionKey.From(id),
            long number => PredictionKey.From(number),
            int number => PredictionKey.From(number),
            object other => Convert.ToString(other, CultureInfo.InvariantCulture),
        };

    private static Func<DbDataReader, long> TimeAt(string name, int ordinal) => reader => reader.IsDBNull(ordinal)
        ? RowFacts.NoTime
        : reader.GetValue(ordinal) switch
        {
            DateTimeOffset at => at.UtcTicks,
            DateTime { Kind: DateTimeKind.Local } local => local.ToUniversalTime().Ticks,
            DateTime at => at.Ticks,
            DateOnly day => day.DayNumber * TimeSpan.TicksPerDay,
            string text when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset at) => at.UtcTicks,
            _ => throw Unreadable(reader, name, ordinal, "a time"),
        };

    /// <summary>Names type and column, never the value.</summary>
    private static DriftException Unreadable(DbDataReader reader, string name, int ordinal, string expected) => new(
        $"Reading column '{name}' of a database: {expected} was expected, {reader.GetFieldType(ordinal).Name} was found. Cast it in the query, or declare the column as what it is.");
}
