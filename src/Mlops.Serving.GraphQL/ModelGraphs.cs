using GraphQL.Types;
using Mlops.Serving.AspNetCore;

namespace Mlops.Serving.GraphQL;

internal sealed class ModelGraph : ObjectGraphType<ServedModel>
{
    public ModelGraph()
    {
        Name = "Model";
        Field<NonNullGraphType<StringGraphType>>("name").Resolve(static context => context.Source.Name);
        Field<NonNullGraphType<BooleanGraphType>>("ready").Description("Whether a version accepts calls.").Resolve(static context => context.Source.IsReady);
        Field<VersionGraph>("version").Description("The version that answers by default.").Resolve(static context => context.Source.Version);
        Field<NonNullGraphType<ListGraphType<NonNullGraphType<VersionGraph>>>>("versions").Description("Every version that is loaded.").Resolve(static context => context.Source.Versions);
    }
}

internal sealed class VersionGraph : ObjectGraphType<ServedVersion>
{
    public VersionGraph()
    {
        Name = "Version";
        Field<NonNullGraphType<LongGraphType>>("number").Resolve(static context => context.Source.Number);
        Field<NonNullGraphType<StringGraphType>>("digest").Description("SHA-256 of the model's files.").Resolve(static context => context.Source.Digest);
        Field<NonNullGraphType<DateTimeOffsetGraphType>>("loadedAt").Resolve(static context => context.Source.LoadedAt);
        Field<NonNullGraphType<StringGraphType>>("platform").Resolve(static context => context.Source.Signature.Platform);
        Field<NonNullGraphType<ListGraphType<NonNullGraphType<TensorSpecGraph>>>>("inputs").Resolve(static context => context.Source.Signature.Inputs);
        Field<NonNullGraphType<ListGraphType<NonNullGraphType<TensorSpecGraph>>>>("outputs").Resolve(static context => context.Source.Signature.Outputs);
    }
}

internal sealed class TensorSpecGraph : ObjectGraphType<TensorSpec>
{
    public TensorSpecGraph()
    {
        Name = "TensorSpec";
        Field<NonNullGraphType<StringGraphType>>("name").Resolve(static context => context.Source.Name);
        Field<NonNullGraphType<StringGraphType>>("datatype").Resolve(static context => WireTypes.NameOf(context.Source.Type));
        Field<NonNullGraphType<ListGraphType<NonNullGraphType<LongGraphType>>>>("shape").Description("-1: any size.").Resolve(static context => context.Source.Shape);
    }
}
