using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Mlops.Serving.OnnxRuntime;

/// <summary>Makes ONNX Runtime the runtime of a server.</summary>
public static class OnnxRuntimeServingBuilderExtensions
{
    /// <summary>Computes every model with ONNX Runtime, unless the model brings its own runtime. The last runtime chosen counts.</summary>
    public static IMlopsServingBuilder UseOnnxRuntime(this IMlopsServingBuilder builder, Action<OnnxRuntimeOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = new OnnxRuntimeOptions();
        configure?.Invoke(options);
        builder.Services.Replace(ServiceDescriptor.Singleton<IModelRuntime>(new OnnxModelRuntime(options)));
        return builder;
    }
}
