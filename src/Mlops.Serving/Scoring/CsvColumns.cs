using System.Globalization;

namespace Mlops.Serving;

/// <summary>Which columns of a file become the model's input, and which are written again. Immutable.</summary>
internal sealed class CsvColumns
{
    private readonly string[] _header;
    private readonly int[] _features;
    private readonly int[] _kept;
    private readonly bool _emptyIsNaN;

    private CsvColumns(string[] header, int[] features, int[] kept, bool emptyIsNaN)
    {
        _header = header;
        _features = features;
        _kept = kept;
        _emptyIsNaN = emptyIsNaN;
    }

    /// <summary>Names of the columns that are written again.</summary>
    public IEnumerable<string> KeptNames => Kept(_header);

    /// <exception cref="CsvFormatException">The file lacks a column, has one twice, or has another number than the model takes.</exception>
    public static CsvColumns Of(string[] header, long line, CsvScoringOptions options, ModelSignature signature)
    {
        int wanted = signature.Inputs[0].ElementsPerRow!.Value;
        int[] features = PlacesOf(options.Features ?? signature.FeatureNames);
        if (features.Length != wanted)
            throw new CsvFormatException(line, string.Create(CultureInfo.InvariantCulture, $"the model takes {wanted} columns and {features.Length} are given"));
        return new CsvColumns(header, features, PlacesOf(options.Keep), options.EmptyIsNaN);

        int[] PlacesOf(IReadOnlyList<string>? names) => names is null ? [.. Enumerable.Range(0, header.Length)] : [.. names.Select(PlaceOf)];

        int PlaceOf(string name)
        {
            int place = Array.IndexOf(header, name);
            if (place < 0)
                throw new CsvFormatException(line, $"there is no column '{name}'");
            return place == Array.LastIndexOf(header, name) ? place : throw new CsvFormatException(line, $"there are two columns '{name}'");
        }
    }

    /// <summary>The fields that are written again.</summary>
    public IEnumerable<string> Kept(string[] fields)
    {
        foreach (int place in _kept)
            yield return place < fields.Length ? fields[place] : "";
    }

    /// <exception cref="FormatException">The record has another number of fields than the header, or a field is no number; the message does not repeat it.</exception>
    public float[] Parse(string[] fields)
    {
        if (fields.Length != _header.Length)
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"the row has {fields.Length} fields and the header {_header.Length}"));

        float[] values = new float[_features.Length];
        for (int i = 0; i < values.Length; i++)
        {
            string field = fields[_features[i]];
            if (field.AsSpan().Trim().IsEmpty)
                values[i] = _emptyIsNaN ? float.NaN : throw new FormatException($"column '{_header[_features[i]]}' is empty");
            else if (!float.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out values[i]))
                throw new FormatException($"column '{_header[_features[i]]}' is not a number");
        }

        return values;
    }
}
