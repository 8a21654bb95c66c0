using System.Threading.Channels;
using Grpc.Core;
using Mlops.Serving.AspNetCore.Wire;

namespace Mlops.Serving.AspNetCore;

internal sealed partial class GrpcInferenceService
{
    // Calls of one stream that are under way at once. They can share runs, and answers that nobody reads do not pile up.
    private const int StreamWidth = 16;

    /// <summary>Answers each call in the order in which they came; one that fails is answered with its error, and the stream goes on.</summary>
    public override async Task ModelStreamInfer(IAsyncStreamReader<ModelInferRequest> requestStream, IServerStreamWriter<ModelStreamInferResponse> responseStream, ServerCallContext context)
    {
        // What ends the writer must end the reader too, and the other way round.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        var answers = Channel.CreateBounded<Task<ModelStreamInferResponse>>(new BoundedChannelOptions(StreamWidth) { SingleReader = true, SingleWriter = true });
        Task reading = ReadAsync(requestStream, answers.Writer, context, ending.Token);
        try
        {
            await foreach (Task<ModelStreamInferResponse> answer in answers.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
                await responseStream.WriteAsync(await answer.ConfigureAwait(false), ending.Token).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            throw GrpcErrors.Of(exception, logger, context.Method);
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await reading.ConfigureAwait(false);
        }
    }

    /// <summary>Starts the calls of a stream. Never throws: what went wrong reaches the one who reads the channel, after all answers.</summary>
    private async Task ReadAsync(IAsyncStreamReader<ModelInferRequest> calls, ChannelWriter<Task<ModelStreamInferResponse>> answers, ServerCallContext context, CancellationToken ending)
    {
        Exception? end = null;
        try
        {
            using var reading = CancellationTokenSource.CreateLinkedTokenSource(ending, drain.Over);
            while (await calls.MoveNext(reading.Token).ConfigureAwait(false))
            {
                // There is room before the call begins, so that no more than the width are under way.
                if (!await answers.WaitToWriteAsync(ending).ConfigureAwait(false))
                    break;
                answers.TryWrite(AnswerAsync(calls.Current, context));
            }
        }
        catch (OperationCanceledException) when (drain.Over.IsCancellationRequested && !ending.IsCancellationRequested)
        {
            end = new RpcException(new Status(StatusCode.Unavailable, "The server stops."));
        }
        catch (Exception exception)
        {
            end = exception;
        }

        answers.Complete(end);
    }

    private async Task<ModelStreamInferResponse> AnswerAsync(ModelInferRequest call, ServerCallContext context)
    {
        ModelInferResponse answer;
        string error = "";
        try
        {
            answer = await InferAsync(call, context).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            error = GrpcErrors.Of(exception, logger, context.Method).Status.Detail;
            answer = new ModelInferResponse { ModelName = call.ModelName, ModelVersion = call.ModelVersion, Id = call.Id };
        }

        answer.Parameters[GrpcParameters.FinalResponse] = new InferParameter { BoolParam = true };
        return new ModelStreamInferResponse { ErrorMessage = error, InferResponse = answer };
    }
}
