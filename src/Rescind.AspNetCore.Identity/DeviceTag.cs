using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Rescind.AspNetCore.Identity.Diagnostics;
using Rescind.Authority.Sessions;

namespace Rescind.AspNetCore.Identity;

/// <summary>How a session says which device it is on, for <see cref="SingleSession.PerDevice"/>.</summary>
public static class DeviceTag
{
    /// <summary>The tag that the application sets: an id that the device keeps.</summary>
    public const string Name = "device";

    internal const string BoundName = "user_device";

    // People share devices: what a login ends is this person's session there.
    internal static SessionStart Bind(SessionStart start)
    {
        if (!start.Tags.TryGetValue(Name, out var device) || string.IsNullOrEmpty(device))
        {
            throw new ArgumentException(UserErrors.DeviceMissing.Sentence("The session has no such tag."), nameof(start));
        }

        var pair = SHA256.HashData(Encoding.UTF8.GetBytes($"{start.Subject.Length}:{start.Subject}{device}"));
        return start with { Tags = new Dictionary<string, string>(start.Tags) { [BoundName] = Base64Url.EncodeToString(pair) } };
    }
}
