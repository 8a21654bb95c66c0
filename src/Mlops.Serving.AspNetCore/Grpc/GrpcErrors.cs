using System.Globalization;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Mlops.Serving.AspNetCore;

/// <summary>What a client is told of a failure: its kind, and nothing of the insides of a model or of this process.</summary>
internal static class GrpcErrors
{
    private const string Pushback = "grpc-retry-pushback-ms";

    // The text travels in a trailer, and those have little room.
    private const int MaximumDetail = 1_000;

    public static RpcException Of(Exception exception, ILogger logger, string method)
    {
        switch (exception)
        {
            case RpcException status:
                return status;
            case WireException wire:
                return New(CodeOf(wire.Status), wire.Message);
            case InvalidInputException:
                return New(StatusCode.InvalidArgument, exception.Message);
            case ServedModelNotFoundException missing:
                return New(StatusCode.NotFound, $"There is no model '{missing.Model}'.");
            case ModelVersionNotFoundException:
                return New(StatusCode.NotFound, exception.Message);
            case ModelUnavailableException unavailable:
                return Unavailable(unavailable.Model);
            case ModelOverloadedException overloaded:
                return new RpcException(
                    new Status(StatusCode.ResourceExhausted, overloaded.Message),
                    new Metadata { { Pushback, Math.Ceiling(overloaded.RetryAfter.TotalMilliseconds).ToString(CultureInfo.InvariantCulture) } });
            case PredictionTimeoutException:
                return New(StatusCode.DeadlineExceeded, exception.Message);
            case PredictionException { InnerException: NotFiniteNumberException }:
                return New(StatusCode.Internal, exception.Message);
            case PredictionException failed:
                // What a model says of its own failure may quote what it computed with.
                logger.CallFailed(exception, method);
                return New(StatusCode.Internal, $"Model '{failed.Model}' version {failed.Version} failed to predict; the server's log says why.");
            case ModelLoadException refused:
                return New(refused.Reason == ModelLoadFailure.NothingToServe ? StatusCode.NotFound : StatusCode.FailedPrecondition, exception.Message);
            case OperationCanceledException:
                return New(StatusCode.Cancelled, "The call was cancelled.");
            case ObjectDisposedException:
                return New(StatusCode.Unavailable, "The server stops.");
            default:
                logger.CallFailed(exception, method);
                return New(StatusCode.Internal, "The server failed; its log says why.");
        }
    }

    public static RpcException Unavailable(string model) => New(StatusCode.Unavailable, $"No version of model '{model}' accepts calls at present.");

    private static RpcException New(StatusCode code, string detail) =>
        new(new Status(code, detail.Length <= MaximumDetail ? detail : detail[..MaximumDetail] + "..."));

    private static StatusCode CodeOf(int status) => status switch
    {
        StatusCodes.Status404NotFound => StatusCode.NotFound,
        StatusCodes.Status413PayloadTooLarge => StatusCode.ResourceExhausted,
        StatusCodes.Status503ServiceUnavailable => StatusCode.Unavailable,
        _ => StatusCode.InvalidArgument,
    };
}
