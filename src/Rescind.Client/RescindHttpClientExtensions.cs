using Rescind.Client;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Puts a session into the HttpClients of an <c>IHttpClientFactory</c>.</summary>
public static class RescindHttpClientExtensions
{
    /// <summary>
    /// Makes the calls of this client with the application's session, which <c>AddRescindSession</c> has registered.
    /// </summary>
    public static IHttpClientBuilder AddRescindSession(this IHttpClientBuilder builder) =>
        builder.AddHttpMessageHandler(
            static provider => new RescindSessionHandler(provider.GetRequiredService<RescindSession>()));

    /// <summary>
    /// Registers the application's session and makes the calls of this client with it. Further clients take the same session with
    /// <see cref="AddRescindSession(IHttpClientBuilder)"/>; other settings are refused when the application starts (RSC5005).
    /// </summary>
    public static IHttpClientBuilder AddRescindSession(this IHttpClientBuilder builder, Action<RescindSessionOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddRescindSession(configure);
        return builder.AddRescindSession();
    }
}
