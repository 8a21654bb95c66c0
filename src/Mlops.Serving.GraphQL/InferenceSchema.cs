using GraphQL;
using GraphQL.Types;
using Mlops.Serving.AspNetCore;

namespace Mlops.Serving.GraphQL;

/// <summary>What there is, and one mutation that infers.</summary>
internal sealed class InferenceSchema : Schema
{
    public InferenceSchema(ModelServer server, GraphQLInferenceOptions options, InferenceOptions limits)
    {
        Query = new QueryGraph(server);
        Mutation = new MutationGraph(new InferField(server, options, limits));
    }

    private sealed class QueryGraph : ObjectGraphType
    {
        public QueryGraph(ModelServer server)
        {
            Name = "Query";
            Field<NonNullGraphType<BooleanGraphType>>("live").Description("Whether the process is of use.").Resolve(_ => server.IsLive);
            Field<NonNullGraphType<BooleanGraphType>>("ready").Description("Whether calls should be sent here.").Resolve(_ => server.IsReady);
            Field<NonNullGraphType<ListGraphType<NonNullGraphType<ModelGraph>>>>("models").Description("All models, by name.").Resolve(_ => server.Models);
            Field<ModelGraph>("model")
                .Description("The model of that name, or null.")
                .Argument<NonNullGraphType<StringGraphType>>("name")
                .Resolve(context => server.Find(context.GetArgument<string>("name")));
        }
    }

    private sealed class MutationGraph : ObjectGraphType
    {
        public MutationGraph(InferField infer)
        {
            Name = "Mutation";
            Field<NonNullGraphType<InferenceGraph>>("infer")
                .Description("Computes outputs from inputs.")
                .Argument<NonNullGraphType<StringGraphType>>("model", "Name of the model.")
                .Argument<LongGraphType>("version", "Number of a version; without it, the one that answers by default.")
                .Argument<NonNullGraphType<ListGraphType<NonNullGraphType<TensorInputGraph>>>>("inputs", "By name, in any order.")
                .Argument<ListGraphType<NonNullGraphType<StringGraphType>>>("outputs", "Names of the outputs that are wanted; without it, all.")
                .Argument<StringGraphType>("routingKey", "Who the call is for.")
                .Argument<LongGraphType>("timeoutMicroseconds", "How long the answer is worth waiting for.")
                .ResolveAsync(async context => await infer.ResolveAsync(context).ConfigureAwait(false));
        }
    }
}
