using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mlops.Drift;

/// <summary>Writes doubles with 12 significant digits: beyond, instruction sets and thread counts might show.</summary>
internal sealed class TwelveDigits : JsonConverter<double>
{
    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDouble();

    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
    {
        if (double.IsFinite(value))
            writer.WriteRawValue(value.ToString("G12", CultureInfo.InvariantCulture), skipInputValidation: true);
        else
            writer.WriteNullValue();
    }
}
