using System.Globalization;
using Google.Protobuf.Collections;
using Grpc.Core;
using Mlops.Serving.AspNetCore.Wire;

namespace Mlops.Serving.AspNetCore;

/// <summary>What the parameters of a call say. Those that nobody here knows are the client's own business.</summary>
internal static class GrpcParameters
{
    public const string PredictionId = "mlops-prediction-id";
    public const string FinalResponse = "triton_final_response";
    private const string RoutingKey = "routing_key";
    private const string Timeout = "timeout";
    private const string Priority = "priority";
    private const string BinaryOutput = "binary_data_output";

    /// <exception cref="WireException">A parameter or the version is malformed, or asks for what is not served.</exception>
    /// <exception cref="RpcException">The deadline is over.</exception>
    public static PredictionOptions Options(ModelInferRequest call, DateTime deadline)
    {
        foreach (string name in call.Parameters.Keys)
            if (name.StartsWith("sequence_", StringComparison.Ordinal))
                throw new WireException("Sequences are not served; send the state with each request.");

        return new PredictionOptions
        {
            RoutingKey = FindRoutingKey(call),
            Timeout = Earlier(CallParameters.ToTimeout(FindNumber(call, Timeout)), TimeTo(deadline)),
            Priority = CallParameters.ToPriority(FindNumber(call, Priority)),
            Version = Version(call.ModelVersion),
        };
    }

    /// <summary>Whether the outputs are to be raw: as the call says, else as its inputs are.</summary>
    public static bool WantsRaw(ModelInferRequest call) => call.Parameters.TryGetValue(BinaryOutput, out InferParameter? wish)
        ? wish.ParameterChoiceCase == InferParameter.ParameterChoiceOneofCase.BoolParam ? wish.BoolParam : throw new WireException($"Parameter '{BinaryOutput}' is not a bool.")
        : call.RawInputContents.Count > 0;

    /// <summary>Refuses what would change the meaning of a tensor.</summary>
    public static void RefuseUnserved(MapField<string, InferParameter> tensor)
    {
        foreach (string name in tensor.Keys)
            if (name.StartsWith("shared_memory_", StringComparison.Ordinal))
                throw new WireException("Shared memory is not served; tensors come in the messages.");
            else if (name == "classification")
                throw new WireException("Classification is not served; ask for the scores and sort them.");
    }

    /// <summary>The number of a version; <c>null</c> where none is named.</summary>
    public static long? Version(string text)
    {
        if (text.Length == 0)
            return null;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number > 0
            ? number
            : throw new WireException($"'{text}' is not the number of a version.");
    }

    private static string? FindRoutingKey(ModelInferRequest call)
    {
        if (!call.Parameters.TryGetValue(RoutingKey, out InferParameter? key))
            return null;
        return key.ParameterChoiceCase == InferParameter.ParameterChoiceOneofCase.StringParam && key.StringParam.Length > 0
            ? key.StringParam
            : throw new WireException($"Parameter '{RoutingKey}' is not a string that says something.");
    }

    private static ulong FindNumber(ModelInferRequest call, string name)
    {
        if (!call.Parameters.TryGetValue(name, out InferParameter? number))
            return 0;
        return number.ParameterChoiceCase switch
        {
            InferParameter.ParameterChoiceOneofCase.Int64Param when number.Int64Param >= 0 => (ulong)number.Int64Param,
            InferParameter.ParameterChoiceOneofCase.Uint64Param => number.Uint64Param,
            _ => throw new WireException($"Parameter '{name}' is not a whole number from 0 on."),
        };
    }

    // The deadline was made from the header and the system's clock, so no other clock tells how far it is.
    private static TimeSpan? TimeTo(DateTime deadline)
    {
        if (deadline == DateTime.MaxValue)
            return null;
        TimeSpan left = deadline - TimeProvider.System.GetUtcNow().UtcDateTime;
        return left > TimeSpan.Zero ? left : throw new RpcException(new Status(StatusCode.DeadlineExceeded, "The deadline of the call was over before it began."));
    }

    private static TimeSpan? Earlier(TimeSpan? left, TimeSpan? right) => left is null || right < left ? right : left;
}
