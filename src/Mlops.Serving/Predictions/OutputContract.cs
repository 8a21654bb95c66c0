namespace Mlops.Serving;

/// <summary>How the outputs of a model become a <typeparamref name="TOut"/>, and which models can give one.</summary>
internal sealed class OutputContract<TOut>
{
    private readonly string? _name;
    private readonly TensorDataType? _type;
    private readonly int? _elements;

    private OutputContract(string? name, OutputReader<TOut> read, TensorDataType? type, int? elements)
    {
        _name = name;
        _type = type;
        _elements = elements;
        Read = read;
    }

    public OutputReader<TOut> Read { get; }

    public static OutputContract<TOut> For(string? name, OutputReader<TOut>? reader) => reader is not null
        ? new OutputContract<TOut>(name, reader, type: null, elements: null)
        : Number<float>(name, TensorDataType.Float32) ?? Number<double>(name, TensorDataType.Float64)
        ?? Number<long>(name, TensorDataType.Int64) ?? Number<int>(name, TensorDataType.Int32)
        ?? Number<bool>(name, TensorDataType.Boolean) ?? Vector(name)
        ?? throw new InvalidOperationException($"How to make a {typeof(TOut).Name} from a model's outputs is not known; say it with Output(outputs => ...).");

    /// <summary>Position of the output that is read by default; the reason when the model does not fit.</summary>
    public string? Check(ModelSignature signature, out int index)
    {
        index = _name is null ? 0 : ModelSignature.IndexOf(signature.Outputs, _name);
        if (index < 0)
            return $"there is no output '{_name}' in {signature}";

        TensorSpec output = signature.Outputs[index];
        bool fits = (_type is null || _type == output.Type) && (_elements is null || _elements == output.ElementsPerRow);
        return fits ? null : $"the predictor returns {typeof(TOut).Name}, the model's output is {output}";
    }

    private static OutputContract<TOut>? Number<T>(string? name, TensorDataType type)
        where T : unmanaged
    {
        OutputReader<T> read = static outputs => outputs.Get<T>()[0];
        return typeof(TOut) == typeof(T) ? new OutputContract<TOut>(name, (OutputReader<TOut>)(object)read, type, elements: 1) : null;
    }

    private static OutputContract<TOut>? Vector(string? name)
    {
        OutputReader<float[]> read = static outputs => outputs.Get<float>().ToArray();
        return typeof(TOut) == typeof(float[]) ? new OutputContract<TOut>(name, (OutputReader<TOut>)(object)read, TensorDataType.Float32, elements: null) : null;
    }
}
