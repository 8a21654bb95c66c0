using Grpc.AspNetCore.Server;
using Microsoft.Extensions.Options;

namespace Mlops.Serving.AspNetCore;

/// <summary>The limits of the inference protocols for a service of ours; other services of the host keep theirs.</summary>
internal sealed class GrpcServiceLimits<TService>(IOptions<InferenceOptions> options) : IConfigureOptions<GrpcServiceOptions<TService>>
    where TService : class
{
    void IConfigureOptions<GrpcServiceOptions<TService>>.Configure(GrpcServiceOptions<TService> service)
    {
        int maximumBytes = options.Value.MaximumRequestBytes;
        service.MaxReceiveMessageSize = maximumBytes;
        service.MaxSendMessageSize = null;
        service.EnableDetailedErrors = false;
        service.CompressionProviders = [new BoundedCompression("gzip", maximumBytes), new BoundedCompression("deflate", maximumBytes)];
    }
}
