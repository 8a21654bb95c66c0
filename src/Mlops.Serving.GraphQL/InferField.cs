using GraphQL;
using Mlops.Serving.AspNetCore;

namespace Mlops.Serving.GraphQL;

/// <summary>The mutation <c>infer</c>.</summary>
internal sealed class InferField(ModelServer server, GraphQLInferenceOptions options, InferenceOptions limits)
{
    private const string Count = "infers";

    public async Task<InferenceValue> ResolveAsync(IResolveFieldContext context)
    {
        // The fields of a mutation are resolved one after the other.
        int count = context.UserContext.TryGetValue(Count, out object? before) ? (int)before! + 1 : 1;
        context.UserContext[Count] = count;
        if (count > options.MaximumInferences)
            throw Error("LIMIT", $"A request infers at most {options.MaximumInferences} times.");

        try
        {
            ServedModel model = server.Get(context.GetArgument<string>("model"));
            var request = new TensorRequest();
            foreach (TensorValue input in Inputs(context))
                TensorLists.Add(request, input, limits);
            foreach (string output in context.GetArgument<string[]?>("outputs") ?? [])
                request.WantOutput(output);
            var terms = new PredictionOptions
            {
                Version = context.GetArgument<long?>("version"),
                RoutingKey = context.GetArgument<string?>("routingKey"),
                Timeout = TimeoutOf(context.GetArgument<long?>("timeoutMicroseconds")),
            };

            using TensorResponse response = await model.InferAsync(request, terms, context.CancellationToken).ConfigureAwait(false);
            return new InferenceValue(response.Model, response.Version.Number, response.Id.ToString(), [.. response.Outputs.Select(TensorLists.Read)]);
        }
        catch (Exception exception) when (exception is InvalidTensorException or ArgumentException or (ServingException and not PredictionException))
        {
            throw Explain(exception);
        }
    }

    private TensorValue[] Inputs(IResolveFieldContext context)
    {
        TensorValue[] inputs = [.. ((System.Collections.IEnumerable)context.Arguments!["inputs"].Value!).Cast<TensorValue>()];
        return inputs.Length <= limits.MaximumTensors ? inputs : throw new InvalidTensorException($"The call has {inputs.Length} inputs; at most {limits.MaximumTensors} are allowed.");
    }

    private static TimeSpan? TimeoutOf(long? microseconds) => microseconds switch
    {
        null => null,
        > 0 and <= 86_400_000_000 => TimeSpan.FromMicroseconds(microseconds.Value),
        _ => throw new InvalidTensorException("timeoutMicroseconds is positive and at most a day."),
    };

    /// <summary>What a client is told. What a model says of its own failure may quote what it computed with, and is logged instead.</summary>
    private static ExecutionError Explain(Exception exception) => exception switch
    {
        InvalidTensorException or InvalidInputException => Error("INVALID_INPUT", exception.Message),
        ArgumentException => Error("INVALID_INPUT", "An input or output is named twice."),
        ServedModelNotFoundException missing => Error("NOT_FOUND", $"There is no model '{missing.Model}'."),
        ModelVersionNotFoundException => Error("NOT_FOUND", exception.Message),
        ModelUnavailableException unavailable => Error("UNAVAILABLE", $"No version of model '{unavailable.Model}' accepts calls."),
        ModelOverloadedException => Error("OVERLOADED", exception.Message),
        PredictionTimeoutException => Error("TIMEOUT", exception.Message),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static ExecutionError Error(string code, string message) => new(message) { Code = code };
}
