package store.edge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.security.oauth2.jwt.JwtException;

class GuestsTest {

    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final TestKeys KEYS = TestKeys.generate();
    private static final String ISSUER = "https://checkout-store.example";

    @Test
    void admitsANewCustomerForADay() {
        var guest = guests(NOW).admit();

        assertThat(UUID.fromString(guest.customerId()).version()).isEqualTo(7);
        assertThat(guests(NOW).admit().customerId()).isNotEqualTo(guest.customerId());
        var token = guests(NOW.plus(Duration.ofHours(24))).verify(guest.token());
        assertThat(token.getSubject()).isEqualTo(guest.customerId());
        assertThat(token.getExpiresAt()).isEqualTo(NOW.plus(Duration.ofHours(24)));
        var afterwards = guests(NOW.plus(Duration.ofHours(24)).plusSeconds(1));
        assertThatThrownBy(() -> afterwards.verify(guest.token())).isInstanceOf(JwtException.class);
    }

    @Test
    void renewsTheSameCustomerUntilThirtyDaysAfterTheTokensEnd() {
        var guest = guests(NOW).admit();
        var lastMoment = NOW.plus(Duration.ofDays(31));

        var renewed = guests(lastMoment).renew(guest.token());

        assertThat(renewed.customerId()).isEqualTo(guest.customerId());
        assertThat(guests(lastMoment).verify(renewed.token()).getSubject()).isEqualTo(guest.customerId());
        var tooLate = guests(lastMoment.plusSeconds(1));
        assertThatThrownBy(() -> tooLate.renew(guest.token())).isInstanceOf(JwtException.class);
    }

    @Test
    void renewsATokenThatIsStillGood() {
        var guest = guests(NOW).admit();

        assertThat(guests(NOW).renew(guest.token()).customerId()).isEqualTo(guest.customerId());
    }

    @Test
    void refusesWhatItDidNotSign() {
        var ours = guests(NOW).admit().token();
        var otherKey = guests(NOW, TestKeys.generate(), ISSUER).admit().token();
        var otherIssuer = guests(NOW, KEYS, "https://elsewhere.example").admit().token();
        var parts = ours.split("\\.");
        var unsigned = base64("{\"alg\":\"none\"}") + "." + parts[1] + ".";
        var altered = parts[0] + "." + base64("{\"iss\":\"" + ISSUER + "\",\"sub\":\"me\",\"exp\":9999999999}") + "."
                + parts[2];

        for (var forged : new String[] {otherKey, otherIssuer, unsigned, altered, "nonsense"}) {
            assertThatThrownBy(() -> guests(NOW).verify(forged)).isInstanceOf(JwtException.class);
            assertThatThrownBy(() -> guests(NOW).renew(forged)).isInstanceOf(JwtException.class);
        }
    }

    @Test
    void doesNotStartWithTwoKeysThatAreNotAPair() {
        var mixed = new TestKeys(KEYS.privatePem(), TestKeys.generate().publicPem());

        assertThatThrownBy(() -> guests(NOW, mixed, ISSUER)).isInstanceOf(JwtException.class);
    }

    private static Guests guests(Instant now) {
        return guests(now, KEYS, ISSUER);
    }

    private static Guests guests(Instant now, TestKeys keys, String issuer) {
        var settings = new EdgeSettings(
                new ByteArrayResource(keys.privatePem().getBytes(UTF_8)),
                new ByteArrayResource(keys.publicPem().getBytes(UTF_8)),
                issuer,
                Duration.ofHours(24),
                Duration.ofDays(30),
                1,
                1);
        return new Guests(settings, Clock.fixed(now, ZoneOffset.UTC));
    }

    private static String base64(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(UTF_8));
    }
}
