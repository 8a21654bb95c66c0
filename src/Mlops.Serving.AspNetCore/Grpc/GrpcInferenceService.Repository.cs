using System.Globalization;
using Grpc.Core;
using Mlops.Serving.AspNetCore.Wire;

namespace Mlops.Serving.AspNetCore;

internal sealed partial class GrpcInferenceService
{
    public override Task<RepositoryIndexResponse> RepositoryIndex(RepositoryIndexRequest request, ServerCallContext context) => Answer(context, () =>
    {
        if (request.RepositoryName.Length > 0)
            throw NoName();
        var answer = new RepositoryIndexResponse();
        foreach (ModelFolderEntry entry in ModelRepository.List(server, request.Ready))
            answer.Models.Add(new RepositoryIndexResponse.Types.ModelIndex
            {
                Name = entry.Name,
                Version = entry.Version?.ToString(CultureInfo.InvariantCulture) ?? "",
                State = entry.State.ToString().ToUpperInvariant(),
                Reason = entry.Reason,
            });
        return answer;
    });

    public override async Task<RepositoryModelLoadResponse> RepositoryModelLoad(RepositoryModelLoadRequest request, ServerCallContext context)
    {
        try
        {
            foreach (string parameter in request.Parameters.Keys)
                if (parameter == "config" || parameter.StartsWith("file:", StringComparison.Ordinal))
                    throw new WireException($"Parameter '{parameter}' would bring in a model from outside; models come from the server's own folder only.");
            await ModelRepository.LoadAsync(server, NameOf(request.RepositoryName, request.ModelName), context.CancellationToken).ConfigureAwait(false);
            return new RepositoryModelLoadResponse();
        }
        catch (Exception exception)
        {
            throw GrpcErrors.Of(exception, logger, context.Method);
        }
    }

    public override async Task<RepositoryModelUnloadResponse> RepositoryModelUnload(RepositoryModelUnloadRequest request, ServerCallContext context)
    {
        try
        {
            await ModelRepository.UnloadAsync(server, NameOf(request.RepositoryName, request.ModelName), context.CancellationToken).ConfigureAwait(false);
            return new RepositoryModelUnloadResponse();
        }
        catch (Exception exception)
        {
            throw GrpcErrors.Of(exception, logger, context.Method);
        }
    }

    /// <summary>The model that a request means: Triton's clients name it in the second field, KServe's in the first.</summary>
    private static string NameOf(string first, string second) => (first, second) switch
    {
        ("", "") => throw new WireException("The request names no model."),
        (var name, "") => name,
        ("", var name) => name,
        _ => throw NoName(),
    };

    private static WireException NoName() => new("The server has one repository, which has no name.");
}
