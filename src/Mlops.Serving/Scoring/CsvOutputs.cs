using System.Globalization;
using System.Numerics;

namespace Mlops.Serving;

/// <summary>Writes the outputs of one row as fields: one column for each number. Immutable.</summary>
internal sealed class CsvOutputs
{
    private readonly (string Name, TensorDataType Type, int Count)[] _outputs;

    private CsvOutputs((string Name, TensorDataType Type, int Count)[] outputs) => _outputs = outputs;

    /// <summary>Names of the columns.</summary>
    public IEnumerable<string> Names
    {
        get
        {
            foreach ((string name, TensorDataType _, int count) in _outputs)
                for (int i = 0; i < count; i++)
                    yield return count == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}_{i}");
        }
    }

    /// <exception cref="InvalidInputException">An output cannot be written, or is not there.</exception>
    public static CsvOutputs Of(string model, ModelSignature signature, IReadOnlyList<string>? wanted) =>
        new([.. (wanted ?? [.. signature.Outputs.Select(static output => output.Name)]).Select(name =>
        {
            int place = ModelSignature.IndexOf(signature.Outputs, name);
            if (place < 0)
                throw new InvalidInputException(model, $"it has no output '{name}'; it returns {string.Join(", ", signature.Outputs)}");
            TensorSpec spec = signature.Outputs[place];
            return spec.ElementsPerRow is { } count && spec.Type != TensorDataType.Text && (spec.HasRows || signature.Inputs.All(static input => !input.HasRows))
                ? (name, spec.Type, count)
                : throw new InvalidInputException(model, $"output '{spec}' has no fixed number of numbers for a row; choose others with {nameof(CsvScoringOptions)}.{nameof(CsvScoringOptions.Outputs)}");
        })]);

    public string[] Read(ModelOutputs outputs)
    {
        List<string> fields = [];
        foreach ((string name, TensorDataType type, int _) in _outputs)
        {
            switch (type)
            {
                case TensorDataType.Float32: Add(outputs.Get<float>(name)); break;
                case TensorDataType.Float64: Add(outputs.Get<double>(name)); break;
                case TensorDataType.Float16: Add(outputs.Get<Half>(name)); break;
                case TensorDataType.Int8: Add(outputs.Get<sbyte>(name)); break;
                case TensorDataType.Int16: Add(outputs.Get<short>(name)); break;
                case TensorDataType.Int32: Add(outputs.Get<int>(name)); break;
                case TensorDataType.Int64: Add(outputs.Get<long>(name)); break;
                case TensorDataType.UInt8: Add(outputs.Get<byte>(name)); break;
                case TensorDataType.UInt16: Add(outputs.Get<ushort>(name)); break;
                case TensorDataType.UInt32: Add(outputs.Get<uint>(name)); break;
                case TensorDataType.UInt64: Add(outputs.Get<ulong>(name)); break;
                case TensorDataType.BFloat16:
                    foreach (ushort bits in outputs.Get<ushort>(name))
                        fields.Add(BitConverter.Int32BitsToSingle(bits << 16).ToString(CultureInfo.InvariantCulture));
                    break;
                default:
                    foreach (bool value in outputs.Get<bool>(name))
                        fields.Add(value ? "true" : "false");
                    break;
            }
        }

        return [.. fields];

        void Add<T>(ReadOnlySpan<T> values)
            where T : unmanaged, INumber<T>
        {
            foreach (T value in values)
                fields.Add(value.ToString(format: null, CultureInfo.InvariantCulture));
        }
    }
}
