using Mlops.Serving.AspNetCore.Wire;

namespace Mlops.Serving.AspNetCore;

/// <summary>A model's signature in the words of Triton's configuration.</summary>
internal static class GrpcModelConfig
{
    /// <summary>Where every tensor counts rows, the dimension that does is left out and any number of rows is allowed: so Triton's clients read it.</summary>
    public static ModelConfig Of(string name, ModelSignature signature)
    {
        bool countsRows = signature.Inputs.Concat(signature.Outputs).All(static spec => spec.HasRows);
        return new ModelConfig
        {
            Name = name,
            Platform = signature.Platform,
            MaxBatchSize = countsRows ? int.MaxValue : 0,
            Input = { signature.Inputs.Select(spec => new ModelInput { Name = spec.Name, DataType = TypeOf(spec.Type), Dims = { Dims(spec, countsRows) } }) },
            Output = { signature.Outputs.Select(spec => new ModelOutput { Name = spec.Name, DataType = TypeOf(spec.Type), Dims = { Dims(spec, countsRows) } }) },
        };
    }

    private static IEnumerable<long> Dims(TensorSpec spec, bool countsRows) => countsRows ? spec.Shape.Skip(1) : spec.Shape;

    private static DataType TypeOf(TensorDataType type) => type switch
    {
        TensorDataType.Boolean => DataType.TypeBool,
        TensorDataType.UInt8 => DataType.TypeUint8,
        TensorDataType.UInt16 => DataType.TypeUint16,
        TensorDataType.UInt32 => DataType.TypeUint32,
        TensorDataType.UInt64 => DataType.TypeUint64,
        TensorDataType.Int8 => DataType.TypeInt8,
        TensorDataType.Int16 => DataType.TypeInt16,
        TensorDataType.Int32 => DataType.TypeInt32,
        TensorDataType.Int64 => DataType.TypeInt64,
        TensorDataType.Float16 => DataType.TypeFp16,
        TensorDataType.BFloat16 => DataType.TypeBf16,
        TensorDataType.Float32 => DataType.TypeFp32,
        TensorDataType.Float64 => DataType.TypeFp64,
        _ => DataType.TypeString,
    };
}
