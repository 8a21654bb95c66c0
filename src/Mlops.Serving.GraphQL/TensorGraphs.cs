using System.Numerics;
using GraphQL.Types;

namespace Mlops.Serving.GraphQL;

/// <summary>A tensor as GraphQL has it: lists of numbers, booleans or texts, one of which is there.</summary>
internal sealed record TensorValue(string Name, string Datatype, IReadOnlyList<long> Shape)
{
    public IReadOnlyList<double>? Floats { get; init; }

    public IReadOnlyList<BigInteger>? Integers { get; init; }

    public IReadOnlyList<bool>? Booleans { get; init; }

    public IReadOnlyList<string>? Texts { get; init; }
}

/// <summary>An answer.</summary>
internal sealed record InferenceValue(string Model, long Version, string PredictionId, IReadOnlyList<TensorValue> Outputs);

internal sealed class TensorInputGraph : InputObjectGraphType<TensorValue>
{
    public TensorInputGraph()
    {
        Name = "TensorInput";
        Field<NonNullGraphType<StringGraphType>>("name");
        Field<NonNullGraphType<StringGraphType>>("datatype").Description("Of the Open Inference Protocol, for example FP32.");
        Field<NonNullGraphType<ListGraphType<NonNullGraphType<LongGraphType>>>>("shape");
        Field<ListGraphType<NonNullGraphType<FloatGraphType>>>("floats").Description("Elements of FP16, BF16, FP32 and FP64, row-major.");
        Field<ListGraphType<NonNullGraphType<BigIntGraphType>>>("integers").Description("Elements of all integer types.");
        Field<ListGraphType<NonNullGraphType<BooleanGraphType>>>("booleans").Description("Elements of BOOL.");
        Field<ListGraphType<NonNullGraphType<StringGraphType>>>("texts").Description("Elements of BYTES.");
    }

    public override object ParseDictionary(IDictionary<string, object?> value) => new TensorValue((string)value["name"]!, (string)value["datatype"]!, List<long>(value, "shape")!)
    {
        Floats = List<double>(value, "floats"),
        Integers = List<BigInteger>(value, "integers"),
        Booleans = List<bool>(value, "booleans"),
        Texts = List<string>(value, "texts"),
    };

    private static T[]? List<T>(IDictionary<string, object?> value, string name) =>
        value.TryGetValue(name, out object? list) && list is System.Collections.IEnumerable elements ? [.. elements.Cast<T>()] : null;
}

internal sealed class TensorGraph : ObjectGraphType<TensorValue>
{
    public TensorGraph()
    {
        Name = "Tensor";
        Field<NonNullGraphType<StringGraphType>>("name").Resolve(static context => context.Source.Name);
        Field<NonNullGraphType<StringGraphType>>("datatype").Resolve(static context => context.Source.Datatype);
        Field<NonNullGraphType<ListGraphType<NonNullGraphType<LongGraphType>>>>("shape").Resolve(static context => context.Source.Shape);
        Field<ListGraphType<NonNullGraphType<FloatGraphType>>>("floats").Resolve(static context => context.Source.Floats);
        Field<ListGraphType<NonNullGraphType<BigIntGraphType>>>("integers").Resolve(static context => context.Source.Integers);
        Field<ListGraphType<NonNullGraphType<BooleanGraphType>>>("booleans").Resolve(static context => context.Source.Booleans);
        Field<ListGraphType<NonNullGraphType<StringGraphType>>>("texts").Resolve(static context => context.Source.Texts);
    }
}

internal sealed class InferenceGraph : ObjectGraphType<InferenceValue>
{
    public InferenceGraph()
    {
        Name = "Inference";
        Field<NonNullGraphType<StringGraphType>>("model").Resolve(static context => context.Source.Model);
        Field<NonNullGraphType<LongGraphType>>("version").Description("Number of the version that answered.").Resolve(static context => context.Source.Version);
        Field<NonNullGraphType<StringGraphType>>("predictionId").Description("Keep it to join the outcome.").Resolve(static context => context.Source.PredictionId);
        Field<NonNullGraphType<ListGraphType<NonNullGraphType<TensorGraph>>>>("outputs").Resolve(static context => context.Source.Outputs);
    }
}
